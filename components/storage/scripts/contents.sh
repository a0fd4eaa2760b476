# Functions that compare a directory with the list of files in $FILES: a line for each file with
# its SHA-256, its size in bytes and its name below the directory, separated by tabs.
set -euo pipefail
shopt -s dotglob globstar nullglob

# End for good with a sentence; 65 is EX_DATAERR, after which the Job is not tried again.
fail() {
  echo "error: $1" >&2
  exit 65
}

# Print what differs from the list, by names and sizes; with a second argument by contents too.
differences() {
  local directory=$1 contents=${2-} sum size name path
  while IFS=$'\t' read -r sum size name; do
    path=$directory/$name
    if [[ ! -f $path ]]; then
      echo "$name is missing"
    elif [[ $(stat --format=%s "$path") != "$size" ]]; then
      echo "$name has $(stat --format=%s "$path") bytes instead of $size"
    elif [[ $contents && $(sha256sum <"$path") != "$sum  -" ]]; then
      echo "$name has another SHA-256"
    fi
  done <<<"${FILES%$'\n'}"
  # A job reads every file of a directory, also one that nobody told it of.
  for path in "$directory"/**; do
    if [[ ! -d $path && $'\n'$FILES != *$'\t'"${path#"$directory/"}"$'\n'* ]]; then
      echo "${path#"$directory/"} is not one of its files"
    fi
  done
}

# The lines of a text as one sentence.
joined() {
  local text=${1//$'\n'/; }
  echo "${text%; }"
}
