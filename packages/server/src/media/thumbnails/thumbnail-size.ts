export interface Size {
  width: number
  height: number
}

export type ThumbnailMethod = 'crop' | 'scale'

/**
 * The boxes pictures are scaled into. Spec: CS API §Thumbnails: 320×240, 640×480 and 800×600; the others spare small
 * and very large screens bytes they do not show.
 */
const SCALE_BOXES: readonly Size[] = [
  { width: 96, height: 96 },
  { width: 320, height: 240 },
  { width: 640, height: 480 },
  { width: 800, height: 600 },
  { width: 1280, height: 960 },
  { width: 1920, height: 1440 },
]

/** The sides pictures are cropped to. Spec: CS API §Thumbnails: 32×32 and 96×96. */
const CROP_SIDES: readonly number[] = [32, 64, 96, 160, 320, 640, 1280]

/**
 * The thumbnail to make when `asked` is asked for: never smaller, and one of few, so that a picture has a bounded number
 * of them. `undefined`: the original, because it is smaller than asked in some way, or no thumbnail is large enough.
 */
export function thumbnailSize(original: Size, asked: Size, method: ThumbnailMethod): Size | undefined {
  if (method === 'crop') {
    const box = { width: sideFor(asked.width), height: sideFor(asked.height) }
    return covers(original, box) ? box : undefined
  }
  const askedFactor = fitFactor(original, asked)
  const box = SCALE_BOXES.find((each) => fitFactor(original, each) >= askedFactor)
  return box !== undefined && fitFactor(original, box) < 1 ? box : undefined
}

/** How much a picture shrinks to fit into a box. */
function fitFactor(original: Size, box: Size): number {
  return Math.min(box.width / original.width, box.height / original.height)
}

/** Whether the box can be cut out of the picture, scaled down. */
function covers(original: Size, box: Size): boolean {
  return original.width >= box.width && original.height >= box.height && !isSame(original, box)
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height
}

function sideFor(asked: number): number {
  return CROP_SIDES.find((side) => side >= asked) ?? Number.POSITIVE_INFINITY
}
