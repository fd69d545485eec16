// After a refusal the summary is read first.
export function focusSummary() {
  document.querySelector('[data-focus]')?.focus();
}
