// A browser or an extension that translates a page takes each text out and puts `font` elements in its
// place. The app would go on writing into the texts that were taken out, and the page would go on
// showing what is not true any more. The page asks not to be translated; where that is not heeded, this
// puts each text back where it was. The app itself makes no `font` elements.

// A translator that does not give up would work against this for ever.
const MOST_RETURNS = 5000;

function keepTextsInPlace() {
  let returns = 0;
  const observer = new MutationObserver((records) => {
    const fonts = new Map();
    for (const record of records) {
      for (const text of record.removedNodes) {
        if (text.nodeType !== Node.TEXT_NODE) continue;
        const font = fontBeside(record);
        if (font) fonts.set(font, [...(fonts.get(font) ?? []), text]);
      }
    }
    for (const [font, texts] of fonts) {
      // What the app took away meanwhile stays away.
      if (!font.isConnected) continue;
      returns += texts.length;
      font.replaceWith(...texts);
    }
    if (fonts.size === 0) return;
    // These were ours.
    observer.takeRecords();
    sayThatItIsTranslated();
    if (returns > MOST_RETURNS) observer.disconnect();
  });
  observer.observe(document.documentElement, { childList: true, subtree: true });
}

// The outermost `font` that came in the place of what was taken out.
function fontBeside({ target, addedNodes, previousSibling, nextSibling }) {
  let font = [...addedNodes, previousSibling, nextSibling, target].find((node) => node?.nodeName === "FONT");
  while (font?.parentNode?.nodeName === "FONT") font = font.parentNode;
  return font;
}

const TRANSLATED = {
  nl: "Uw browser vertaalt deze pagina. Zet dat uit voor Koffiekar: anders klopt wat hier staat misschien niet.",
  en: "Your browser translates this page. Turn that off for Koffiekar: what it says may not be right otherwise.",
};

function sayThatItIsTranslated() {
  if (document.getElementById("translated")) return;
  const notice = document.createElement("p");
  notice.id = "translated";
  notice.dataset.testid = "translated";
  notice.setAttribute("role", "alert");
  notice.textContent = TRANSLATED[document.documentElement.lang] ?? TRANSLATED.nl;
  document.body.prepend(notice);
}
