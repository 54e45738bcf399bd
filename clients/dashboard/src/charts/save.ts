// A drawing as a file. What it has from the page's style sheets is written into the file, so that it looks
// the same wherever it is opened.

type Rows = readonly (readonly (string | number | null)[])[];

/** RFC 4180, with a line of names. */
export function csvOf(columns: readonly string[], rows: Rows): string {
  const field = (value: string | number | null) => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns, ...rows]
    .map((row) => row.map(field).join(','))
    .join('\r\n')
    .concat('\r\n');
}

const RESOLVED = [
  'fill',
  'stroke',
  'color',
  'font-family',
  'font-size',
  'font-weight',
  'opacity',
  'stroke-dasharray',
];

function resolved(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [svg, ...svg.querySelectorAll<SVGElement>('*')];
  const to = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  from.forEach((element, place) => {
    const style = getComputedStyle(element);
    for (const name of RESOLVED) {
      const value = style.getPropertyValue(name);
      if (value) to[place]?.setAttribute(name, value);
    }
    to[place]?.removeAttribute('class');
  });
  return copy;
}

/** One SVG of all that a drawing consists of: legends above, the plot, one below the other. */
export function svgText(element: Element): string {
  const parts =
    element instanceof SVGSVGElement ? [element] : [...element.querySelectorAll<SVGSVGElement>('svg')];
  const box = element.getBoundingClientRect();
  const out = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  out.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  out.setAttribute('width', String(Math.ceil(box.width)));
  out.setAttribute('height', String(Math.ceil(box.height)));
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  ground.setAttribute('fill', getComputedStyle(document.documentElement).backgroundColor);
  out.append(ground);
  for (const part of parts) {
    const at = part.getBoundingClientRect();
    const copy = resolved(part);
    copy.setAttribute('x', String(at.left - box.left));
    copy.setAttribute('y', String(at.top - box.top));
    copy.setAttribute('width', String(at.width));
    copy.setAttribute('height', String(at.height));
    out.append(copy);
  }
  for (const words of wordsBeside(element, box)) out.append(words);
  return new XMLSerializer().serializeToString(out);
}

/** Legends have their words in HTML: each becomes text at its place. */
function wordsBeside(element: Element, box: DOMRect): SVGTextElement[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const out: SVGTextElement[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || !node.textContent?.trim() || parent.closest('svg')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const at = range.getBoundingClientRect();
    const style = getComputedStyle(parent);
    const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    text.setAttribute('x', String(at.left - box.left));
    text.setAttribute('y', String(at.top - box.top + at.height * 0.75));
    text.setAttribute('fill', style.color);
    text.setAttribute('font-family', style.fontFamily);
    text.setAttribute('font-size', style.fontSize);
    text.textContent = node.textContent.trim();
    out.push(text);
  }
  return out;
}

export function saveText(text: string, type: string, name: string): void {
  saveBlob(new Blob([text], { type }), name);
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** At twice the size, for paper. */
export async function savePng(svg: string, name: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * 2;
    canvas.height = image.naturalHeight * 2;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    if (!blob) throw new Error('This browser gave no PNG of the drawing; save it as SVG.');
    saveBlob(blob, name);
  } finally {
    URL.revokeObjectURL(url);
  }
}
