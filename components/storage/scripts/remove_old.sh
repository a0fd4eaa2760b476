# Remove from $STORAGE what stood beside the directories of $KEEP before: a line for each with its
# kind and its path, separated by a tab. Beside one of the kind "ours" everything is a former content
# or an unfinished one; beside one of the kind "linked" only directories named by a digest are.
while IFS=$'\t' read -r kind directory; do
  [[ $directory == */* ]] || continue # beside the root of a claim there is everything
  parent=$STORAGE/${directory%/*}
  for path in "$parent"/*; do
    name=${path##*/}
    if [[ $'\n'$KEEP == *$'\t'"${directory%/*}/$name"$'\n'* ]]; then
      continue
    fi
    if [[ $kind == linked && ! ( -d $path && $name =~ ^[0-9a-f]{12}$ ) ]]; then
      continue
    fi
    rm -rf "$path"
    echo "removed ${path#"$STORAGE/"}"
  done
done <<<"${KEEP%$'\n'}"
echo "what is left is in use"
