# End well only if $STORAGE/$DIRECTORY holds exactly the files of $FILES, by name, size and SHA-256.
found=$(differences "$STORAGE/$DIRECTORY" contents)
[[ -z $found ]] || fail "$DIRECTORY is not what the stack's files hold: $(joined "$found"). Something \
wrote to it on the file system, or to $SOURCE. Remove the directory from the file system, put the \
files into the bucket again with aws s3 cp, which imports them anew, and run pulumi up"
echo "$DIRECTORY is as it should be"
