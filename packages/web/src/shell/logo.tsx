export function Logo() {
  return (
    <span className="flex items-center gap-2 text-sm font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" className="size-6" />
      Millrace
    </span>
  );
}
