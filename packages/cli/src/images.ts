export * from "@restage/images";
