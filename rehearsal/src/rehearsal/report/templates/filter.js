const field = document.getElementById("filter");
const rows = [...document.querySelectorAll("#list tbody tr")];
field.addEventListener("input", () => {
  const wanted = field.value.toLowerCase();
  const found = rows.filter((row) => {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
    return !row.hidden;
  });
  document.getElementById("count").textContent = found.length;
});
