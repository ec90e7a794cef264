export * from "@restage/linux/abi";
