/**
 * Dark or light: ?theme=, else what this tab chose, else what the system prefers.
 */

const KEY = 'rollcall.theme';

export function applyTheme() {
  const theme = new URLSearchParams(location.search).get('theme') ?? sessionStorage.getItem(KEY);
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
}

export function toggleTheme() {
  const { dataset } = document.documentElement;
  const now = dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  dataset.theme = now === 'dark' ? 'light' : 'dark';
  sessionStorage.setItem(KEY, dataset.theme);
}

applyTheme();
