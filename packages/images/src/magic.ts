/**
 * Words at the start of images (CRIU: criu/include/magic.h).
 *
 * @module
 */

/** The first word of images of layout V1.1, except the inventory. The magic word of the kind follows. */
export const IMG_COMMON_MAGIC = 0x54564319;
/** The first word of service images of layout V1.1: `stats-dump`, `stats-restore`, `irmap-cache`. */
export const IMG_SERVICE_MAGIC = 0x55105940;
/** Stands for no magic word: the file has no header and begins with data. */
export const RAW_IMAGE_MAGIC = 0;
