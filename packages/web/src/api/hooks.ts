import type { CallInput, CallReply, ListId, ListItem, MillraceError } from "@millrace/client";
import type { OperationId } from "@millrace/contract";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { callApi } from "./client.ts";
import { keys } from "./keys.ts";

interface ReadOptions {
  /** False: wait, e.g. until an id is known. */
  enabled?: boolean;
  /** Reads again this often while the page is visible. */
  everyMs?: number | false;
}

/** Reads by an operation, e.g. `useRead("getRun", { run_id })`. */
export function useRead<Id extends OperationId>(id: Id, input: CallInput<Id>, options: ReadOptions = {}) {
  return useQuery({
    queryKey: keys(id, input),
    queryFn: ({ signal }) => callApi(id, input, { signal }),
    enabled: options.enabled ?? true,
    refetchInterval: options.everyMs ?? false,
  });
}

interface PageReply {
  data: readonly unknown[];
  page_info: { total_count: number; end_cursor: string | null };
}

/** Reads a list page by page: `items` are those read so far, `more` reads the next page. */
export function useList<Id extends ListId>(
  id: Id,
  input: CallInput<Id>,
  options: ReadOptions & { limit?: number } = {},
) {
  const limit = options.limit ?? 50;
  const query = useInfiniteQuery({
    queryKey: keys(id, { ...input, limit }),
    queryFn: async ({ signal, pageParam }): Promise<PageReply> => {
      const page = { ...input, limit, ...(pageParam !== null && { after: pageParam }) };
      return callApi(id, page, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.data.length < limit ? null : last.page_info.end_cursor),
    enabled: options.enabled ?? true,
    refetchInterval: options.everyMs ?? false,
  });
  return {
    items: (query.data?.pages.flatMap((page) => page.data) ?? []) as ListItem<Id>[],
    totalCount: query.data?.pages[0]?.page_info.total_count ?? 0,
    isLoading: query.isLoading,
    error: query.error,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}

/** Changes something by an operation; the reads named in `stale` are read again. */
export function useChange<Id extends OperationId>(id: Id, options: { stale?: readonly OperationId[] } = {}) {
  const queries = useQueryClient();
  return useMutation<CallReply<Id>, MillraceError, CallInput<Id>>({
    mutationFn: (input) => callApi(id, input),
    onSuccess: () =>
      Promise.all((options.stale ?? []).map((read) => queries.invalidateQueries({ queryKey: keys(read) }))),
  });
}
