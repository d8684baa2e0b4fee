// The account's menu in the header: it opens and folds by itself without this; Escape and a click elsewhere fold it too.

const menu = document.querySelector('.app-user');
if (menu) {
  document.addEventListener('click', ({ target }) => { if (!menu.contains(target)) menu.open = false; });
  menu.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}
