# Wait until $STORAGE/$DIRECTORY has the names and sizes of $FILES, for $PATIENCE seconds at most.
# 66 is EX_NOINPUT, after which the Job is not tried again.
until found=$(differences "$STORAGE/$DIRECTORY"); [[ -z $found ]]; do
  if ((SECONDS >= PATIENCE)); then
    echo "error: after $PATIENCE seconds FSx has not imported $SOURCE as it is: $(joined "$found"). \
aws fsx describe-file-systems --file-system-ids $FILE_SYSTEM --query \
FileSystems[0].LustreConfiguration.DataRepositoryConfiguration says whether the link is AVAILABLE \
and what its AutoImportPolicy is, and CloudWatch's AWS/FSx AgeOfOldestQueuedMessage (Publisher \
AutoImport) how far the import lags. Mend the link if it is MISCONFIGURED, put the objects into the \
bucket again with aws s3 cp, which FSx then hears of, and run pulumi up" >&2
    exit 66
  fi
  echo "waiting for FSx to import $SOURCE: $(joined "$found")"
  sleep 2
done
echo "$DIRECTORY has the names and sizes of $SOURCE after $SECONDS seconds"
