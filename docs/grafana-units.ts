/** A number with its unit, as Grafana writes it. */
export function shown(value: number, unit = 'short'): string {
  if (unit.startsWith('suffix: ')) return `${short(value)} ${unit.slice('suffix: '.length)}`;
  switch (unit) {
    case 'percentunit':
      return `${trimmed(value * 100, Math.abs(value) < 0.1 ? 2 : 1)}%`;
    case 's':
      return seconds(value);
    case 'reqps':
      return `${trimmed(value, 2)} req/s`;
    case 'celsius':
      return `${trimmed(value, 0)} °C`;
    case 'watt':
      return `${trimmed(value, 0)} W`;
    case 'hertz':
      return `${trimmed(value / 1e9, 2)} GHz`;
    case 'mbytes':
      return `${trimmed(value / 1024, 1)} GiB`;
    case 'currencyUSD':
      return `$${trimmed(value, value < 10 ? 2 : 1)}`;
    default:
      return short(value);
  }
}

function seconds(value: number): string {
  if (value === 0) return '0 s';
  if (Math.abs(value) < 1) return `${trimmed(value * 1000, Math.abs(value) < 0.1 ? 1 : 0)} ms`;
  return Math.abs(value) < 60 ? `${trimmed(value, 2)} s` : `${trimmed(value / 60, 1)} min`;
}

function short(value: number): string {
  if (Math.abs(value) >= 1000) return `${trimmed(value / 1000, 2)} K`;
  return trimmed(value, Math.abs(value) < 10 ? 2 : 0);
}

const trimmed = (value: number, digits: number) => String(Number(value.toFixed(digits)));
