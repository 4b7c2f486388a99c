import { expect, it } from "vitest";
import { reasonFor, why } from "./reasons";

it("says why in words if there are any, else by the code", () => {
  expect(why({ reason: "asked by phone", reasonCode: "erasure_request" })).toBe("asked by phone");
  expect(why({ reasonCode: "erasure_request" })).toBe("Asked to be forgotten");
  expect(why({})).toBeUndefined();
  expect(reasonFor("duplicate", " of k2 ")).toEqual({ reasonCode: "duplicate", reason: "of k2" });
  expect(reasonFor("", " ")).toEqual({});
});
