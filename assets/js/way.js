/** The way through a course: where a learner goes on. */

/** Returns where one left off, unless that is finished: then the first page after it that is not, or the first at all. */
export function onward(pages, isDone, isLast) {
  const left = pages.findIndex(isLast);
  const isOpen = (each) => !isDone(each);
  return pages.slice(Math.max(left, 0)).find(isOpen) ?? pages.find(isOpen);
}
