/**
 * Real restores in tests. Tests without a real kernel need only `@restage/core/testing`.
 *
 * @module
 */
export { restoreForTest, type TestRestore } from "./testing/restore-for-test.ts";
