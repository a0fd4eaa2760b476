# Make the directory $DIRECTORY below $STORAGE with the owner and the mode of $OWNER and $MODE, and
# those above it with root's. A directory that is there keeps its content and gets owner and mode.
directory=$STORAGE/$DIRECTORY
mkdir -p "$directory" || fail "$DIRECTORY cannot be made: is root squashed?"
if [[ $(stat --format=%u:%g "$directory") != "$OWNER" ]] && ! chown "$OWNER" "$directory"; then
  # One user's machine has no other owners; a rehearsal's pods are programs of one user.
  [[ -w $directory ]] || fail "$DIRECTORY belongs to another user, and this one is not root"
fi
chmod "$MODE" "$directory" || fail "$DIRECTORY cannot have the mode $MODE"
echo "made $DIRECTORY for $OWNER with the mode $MODE"
