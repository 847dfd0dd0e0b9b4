// The picture of an image whose address is the SVG itself, as an element of the page.
function inlined(image) {
  const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
  const svg = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml").documentElement;
  return document.importNode(svg, true);
}
