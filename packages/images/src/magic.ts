/**
 * Words that images begin with (CRIU: criu/include/magic.h).
 *
 * @module
 */

/** First word of all images of layout V1.1 but the inventory; the kind's own magic follows. */
export const IMG_COMMON_MAGIC = 0x54564319;
/** First word of service images of layout V1.1: `stats-dump`, `stats-restore`, `irmap-cache`. */
export const IMG_SERVICE_MAGIC = 0x55105940;
/** In place of a magic: the file has no header, its first byte is data. */
export const RAW_IMAGE_MAGIC = 0;
