import { Select } from "../../ui/index.ts";

const STATUSES = ["queued", "running", "paused", "success", "error", "cancelled"] as const;
const PERIODS = [
  { label: "any time", hours: 0 },
  { label: "last hour", hours: 1 },
  { label: "last day", hours: 24 },
  { label: "last week", hours: 168 },
];
const HOUR_MS = 3_600_000;

export interface RunFilterValue {
  status?: (typeof STATUSES)[number];
  since?: string;
}

export function RunFilter({ value, onChange }: { value: RunFilterValue; onChange(value: RunFilterValue): void }) {
  const setStatus = (text: string): void => {
    const { status: _former, ...rest } = value;
    const status = STATUSES.find((known) => known === text);
    onChange(status === undefined ? rest : { ...rest, status });
  };
  const setPeriod = (hours: number): void => {
    const { since: _former, ...rest } = value;
    onChange(hours === 0 ? rest : { ...rest, since: new Date(Date.now() - hours * HOUR_MS).toISOString() });
  };
  return (
    <>
      <Select
        aria-label="Status"
        className="h-7! w-auto! py-0! text-xs"
        value={value.status ?? ""}
        onChange={(event) => setStatus(event.target.value)}
      >
        <option value="">any status</option>
        {STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </Select>
      <Select
        aria-label="Period"
        className="h-7! w-auto! py-0! text-xs"
        onChange={(event) => setPeriod(Number(event.target.value))}
      >
        {PERIODS.map(({ label, hours }) => (
          <option key={label} value={hours}>
            {label}
          </option>
        ))}
      </Select>
    </>
  );
}
