"""What would keep somebody from reading or using a page, by the Web Content Guidelines 2.2 AA.

No more than a machine can see: whether the words are understood, a person has to judge.
"""

from playwright.async_api import Page

# Hand-written, in a page's own terms: each returns what is wrong, as far as it can be named.
UNLABELLED = """() => [...document.querySelectorAll('input, select, textarea')]
    .filter(e => e.type !== 'hidden' && !e.labels?.[0]?.textContent.trim())
    .map(e => e.name)"""
UNNAMED_GROUPS = """() => [...document.querySelectorAll('fieldset')]
    .filter(e => !e.querySelector(':scope > legend')?.textContent.trim()).length"""
TWICE = """() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
LEADS_NOWHERE = """() => [...document.querySelectorAll('a[href^="#"]')]
    .map(e => e.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))"""
DESCRIBED_BY_NOTHING = """() => [...document.querySelectorAll('[aria-describedby]')]
    .flatMap(e => e.getAttribute('aria-describedby').trim().split(/\\s+/))
    .filter(id => !document.getElementById(id))"""
SKIPPED_HEADINGS = """() => { const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')]
    .map(e => Number(e.tagName[1]));
    const after = levels.slice(levels.indexOf(1));
    return after.filter((level, at) => at && level > after[at - 1] + 1).length
        + Math.abs(levels.filter(l => l === 1).length - 1); }"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, select, input, label, summary')]
    .filter(e => e.checkVisibility() && e.type !== 'hidden')
    .filter(e => { const at = e.getBoundingClientRect();
        return at.width < 24 || at.height < 24; })
    .map(e => e.outerHTML.slice(0, 80))"""
# WCAG 2.2: contrast of text with the nearest painted ground behind it, 4.5 to 1 at the least.
FAINT = """() => {
    const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = e => { for (; e; e = e.parentElement) {
        const colour = parts(getComputedStyle(e).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour; } return [255, 255, 255]; };
    return [...document.querySelectorAll('body *')]
        .filter(e => e.checkVisibility())
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => { const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; })
        .map(e => e.outerHTML.slice(0, 80)); }"""
CHECKS = {
    "without a label": UNLABELLED,
    "groups without a legend": UNNAMED_GROUPS,
    "ids that stand twice": TWICE,
    "links to nowhere": LEADS_NOWHERE,
    "descriptions that are not there": DESCRIBED_BY_NOTHING,
    "headings out of order": SKIPPED_HEADINGS,
    "too small to hit": SMALL_TARGETS,
    "too faint to read": FAINT,
}


async def faults_of(page: Page) -> dict[str, object]:
    """What is wrong with a page, by check."""
    found = {name: await page.evaluate(check) for name, check in CHECKS.items()}
    width = page.viewport_size["width"] if page.viewport_size else 0
    found["wider than the screen"] = (
        await page.evaluate("document.documentElement.scrollWidth") > width
    )
    found["language"] = await page.evaluate("document.documentElement.lang") != "en-GB"
    return {name: each for name, each in found.items() if each}
