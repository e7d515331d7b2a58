import { useQuery } from "@tanstack/react-query";
import { callApi, csrf } from "../api/index.ts";

/** The signed-in user; read once, and kept until logout. */
export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const { data } = await callApi("getSession", {});
      csrf.token = data.csrf_token;
      return data;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}
