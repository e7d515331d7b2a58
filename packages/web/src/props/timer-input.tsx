import { Select, TextInput } from "../ui/index.ts";

interface TimerInputProps {
  ids: { id: string };
  value: unknown;
  onChange(value: unknown): void;
}

interface Schedule {
  intervalSeconds?: number;
  cron?: string;
  timezone?: string;
}

/** Every so many seconds, or by cron in a time zone. */
export function TimerInput({ ids, value, onChange }: TimerInputProps) {
  const schedule: Schedule = typeof value === "object" && value !== null ? value : {};
  const kind = schedule.cron === undefined ? "interval" : "cron";
  const change = (next: string): void => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    onChange(next === "cron" ? { cron: "0 9 * * *", timezone: zone } : { intervalSeconds: 900 });
  };
  return (
    <div className="flex flex-wrap gap-2">
      <Select {...ids} className="w-auto!" value={kind} onChange={(event) => change(event.target.value)}>
        <option value="interval">Every … seconds</option>
        <option value="cron">Cron</option>
      </Select>
      {kind === "interval" ? (
        <TextInput
          type="number"
          min={1}
          aria-label="Seconds"
          className="w-32!"
          value={schedule.intervalSeconds ?? ""}
          onChange={(event) => onChange({ intervalSeconds: Number(event.target.value) })}
        />
      ) : (
        <>
          <TextInput
            aria-label="Cron expression"
            className="w-40! font-mono"
            value={schedule.cron ?? ""}
            onChange={(event) => onChange({ ...schedule, cron: event.target.value })}
          />
          <TextInput
            aria-label="Time zone"
            className="w-48!"
            value={schedule.timezone ?? "UTC"}
            onChange={(event) => onChange({ ...schedule, timezone: event.target.value })}
          />
        </>
      )}
    </div>
  );
}
