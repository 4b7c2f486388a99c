import { useQuery } from "@tanstack/react-query";
import { api, serverNow, type Schema } from "../api/client";
import { dayAfter, dayOf } from "./chart";

/** How long a count of the trash serves: it reads all of it, at a cost. Milliseconds. */
const kept = 5 * 60_000;

/** When the customers in the trash become due: by the purge time of each, or as if a retention had been in force. */
export function useForecast(retention?: string) {
  return useQuery({
    queryKey: ["forecast", retention],
    ...(retention === undefined ? { staleTime: kept } : {}),
    queryFn: async ({ signal }) => (await api.post("/v1/settings/preview", { body: retention === undefined ? {} : { retention }, signal })).data,
  });
}

/** The number of days that the overview looks back on. */
export const looksBack = 90;

export function useDays() {
  return useQuery({
    queryKey: ["totals", "days"],
    queryFn: async ({ signal }) => {
      const today = dayOf(serverNow());
      return (await api.get("/v1/totals/days", { query: { from: dayAfter(today, 1 - looksBack), to: today }, signal })).data.days;
    },
  });
}

export type Forecast = Schema<"Forecast">;

/** Who becomes due on each of these days. Who is due now is counted on the first, today. */
export function dueOn(days: string[], { dueNow, days: found }: Forecast): number[] {
  const by = new Map(found.map(({ day, customers }) => [day, customers]));
  return days.map((day, index) => (by.get(day) ?? 0) + (index === 0 ? dueNow : 0));
}
