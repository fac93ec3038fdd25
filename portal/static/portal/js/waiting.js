// While the server works the page looks again by itself; nothing can be typed in it meanwhile.
if (document.querySelector("[data-waiting]")) {
  setTimeout(() => location.reload(), 2500);
}
