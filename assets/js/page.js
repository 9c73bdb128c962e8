/** What the page says of itself, in the data of its first element. */
const { dataset, lang, dir } = document.documentElement;

export const page = {
  base: dataset.base,
  api: dataset.api ? dataset.base + dataset.api : "",
  course: dataset.course ?? "",
  item: dataset.item ?? "",
  xp: Number(dataset.xp ?? 0),
  language: lang,
  leftwards: dir === "rtl",
};
