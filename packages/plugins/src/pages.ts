/**
 * What page servers and lazy-pages daemons share with restores and checkpoints.
 *
 * @module
 */
export { decodeLazyWord, LAZY_WORD_SIZE, type LazyWord } from "./memory/lazy-pages/format.ts";
export { ANY_ADDRESS, connectToPageServer, LOCAL_ADDRESS, PageSocket } from "./memory/page-server/page-socket.ts";
export { type ServedPages, servePages } from "./memory/page-server/serve-pages.ts";
export { messageHeader, roomForRights } from "./transport/rights.ts";
