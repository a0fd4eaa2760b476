# Remove from $STORAGE what stood beside the directories of $KEEP before: a line for each with its
# kind and its path, separated by a tab. Beside one of the kind "ours" everything is a former content
# or an unfinished one; beside one of the kind "linked" only directories named by a digest are.
# A dataset that the stack has no more is known by the mark that the copy leaves.
in_use() { # PATH below $STORAGE, or what it begins with
  [[ $'\n'$KEEP == *$'\t'"$1"* ]]
}
remove() {
  rm -rf "$1"
  echo "removed ${1#"$STORAGE/"}"
}
while IFS=$'\t' read -r kind directory; do
  [[ $directory == */* ]] || continue # beside the root of a claim there is everything
  parent=$STORAGE/${directory%/*}
  for path in "$parent"/*; do
    name=${path##*/}
    if in_use "${directory%/*}/$name"$'\n' || [[ $name == .eks-ml-storage ]]; then
      continue
    fi
    if [[ $kind == linked && ! ( -d $path && $name =~ ^[0-9a-f]{12}$ ) ]]; then
      continue
    fi
    remove "$path"
  done
  [[ $kind == ours ]] || continue
  for mark in "$parent"/../*/.eks-ml-storage; do
    name=$(basename "${mark%/*}")
    in_use "$(dirname "${directory%/*}")/$name/" || remove "$(dirname "$parent")/$name"
  done
done <<<"${KEEP%$'\n'}"
echo "what is left is in use"
