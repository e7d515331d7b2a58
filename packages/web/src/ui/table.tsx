import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { ErrorNote, Loading } from "./surface.tsx";

export interface Column<Item> {
  head: string;
  cell(item: Item): ReactNode;
  className?: string;
}

interface TableProps<Item> {
  label: string;
  columns: readonly Column<Item>[];
  list: {
    items: readonly Item[];
    isLoading: boolean;
    error: unknown;
    hasMore: boolean;
    isLoadingMore: boolean;
    more(): void;
    retry(): void;
  };
  keyOf(item: Item): string;
  empty: ReactNode;
}

/** A list as a table, with its loading, empty and error states and a button for more. */
export function Table<Item>({ label, columns, list, keyOf, empty }: TableProps<Item>) {
  if (list.isLoading) return <Loading />;
  if (list.error != null && list.items.length === 0) {
    return (
      <div className="p-4">
        <ErrorNote error={list.error} onRetry={list.retry} />
      </div>
    );
  }
  if (list.items.length === 0) return empty;
  return (
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b text-left text-xs text-muted">
            {columns.map((column) => (
              <th key={column.head} scope="col" className="px-4 py-2 font-medium whitespace-nowrap">
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.items.map((item) => (
            <tr key={keyOf(item)} className="border-b last:border-b-0 hover:bg-raised/60">
              {columns.map((column) => (
                <td key={column.head} className={`px-4 py-2.5 align-middle ${column.className ?? ""}`}>
                  {column.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {list.hasMore && (
        <div className="border-t p-3 text-center">
          <Button small isBusy={list.isLoadingMore} onClick={list.more}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}
