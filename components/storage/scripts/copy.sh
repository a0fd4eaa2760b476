# Have $STORAGE/$DIRECTORY hold exactly the files of $FILES, copied from $SOURCE.
# They are put together beside it, checked, and then take their place at once: a killed copy leaves
# nothing that a job would read.
umask 022
target=$STORAGE/$DIRECTORY
draft=${target%/*}/.${target##*/}.$HOSTNAME
mkdir -p "${target%/*}"
: >"${target%/*}/.eks-ml-storage" # what is here was copied, and may be removed

if [[ -d $target && -z $(differences "$target" contents) ]]; then
  echo "$DIRECTORY is there already, and as it should be"
  exit 0
fi
rm -rf "$draft"
while IFS=$'\t' read -r _ _ name; do
  mkdir -p "$draft/${name%/*}"
  aws s3 cp --no-progress "$SOURCE/$name" "$draft/$name" </dev/null
done <<<"${FILES%$'\n'}"
found=$(differences "$draft" contents)
if [[ $found ]]; then
  rm -rf "$draft"
  fail "$SOURCE is not what the stack's files hold: $(joined "$found"). If a file was changed during \
the last update, run pulumi up again; if an object was changed in the bucket, put the file there \
again with aws s3 cp, and then run pulumi up"
fi
if [[ -e $target ]]; then
  rm -rf "$draft.old"
  mv --no-target-directory "$target" "$draft.old"
fi
# Another pod of the Job, on a node that was lost, may have come first.
mv --no-target-directory "$draft" "$target" || [[ -z $(differences "$target" contents) ]]
rm -rf "$draft" "$draft.old"
echo "$DIRECTORY is complete"
