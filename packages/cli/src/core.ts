export * from "@restage/core";
