export { type AddressRange, findFreeAddress } from "../host/address-space.ts";
