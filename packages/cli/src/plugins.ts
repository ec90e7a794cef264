export * from "@restage/plugins";
