"""Script mode: the user's own script in SageMaker's XGBoost image."""

from __future__ import annotations

import io
import json
import tarfile

from rehearsal.sagemaker.runner import Runner
from tests.sagemaker.jobs import BUCKET, Jobs

SCRIPT = """
import json, os, sys
import helper
with open(os.path.join(os.environ["SM_MODEL_DIR"], "seen.json"), "w") as file:
    json.dump({"arguments": sys.argv[1:], "hps": json.loads(os.environ["SM_HPS"]),
               "train": sorted(os.listdir(os.environ["SM_CHANNEL_TRAIN"])),
               "role": os.environ["AWS_ACCESS_KEY_ID"][:4] == "ASIA",
               "hosts": json.loads(os.environ["SM_HOSTS"]), "help": helper.WORD}, file)
"""


def code(jobs: Jobs, script: str) -> dict[str, str]:
    """Puts a script into the bucket; the hyperparameters that name it, as SageMaker's SDK does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in (("train.py", script), ("helper.py", "WORD = 'found'")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    jobs.s3.put_object(Bucket=BUCKET, Key="code/sourcedir.tar.gz", Body=packed.getvalue())
    return named()


def named() -> dict[str, str]:
    """The hyperparameters that name the script."""
    found = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": f"s3://{BUCKET}/code/sourcedir.tar.gz",
        "sagemaker_region": "us-west-2",
        "sagemaker_container_log_level": 20,
    }
    return {name: json.dumps(value) for name, value in found.items()}


def test_a_script_finds_its_job_and_what_it_leaves_is_the_model(jobs: Jobs, runner: Runner) -> None:
    jobs.create(hyperparameters=code(jobs, SCRIPT))
    job = jobs.until()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    seen = json.loads(jobs.member(job, "seen.json"))
    assert seen["arguments"][:4] == ["--eval_metric", "merror", "--max_depth", "3"]
    assert seen["hps"]["num_round"] == 4, "values that are JSON are read as such"
    assert not [name for name in seen["hps"] if name.startswith("sagemaker_")]
    assert seen["train"] == ["train.csv"]
    assert seen["role"], "it acts with the rights of its execution role"
    assert (seen["hosts"], seen["help"]) == (["algo-1"], "found")


def test_a_script_that_fails_says_why_and_one_that_is_not_there_too(
    jobs: Jobs, runner: Runner
) -> None:
    failing = code(jobs, "raise SystemExit('the moon is not full')")
    jobs.create("failing", hyperparameters=failing)
    jobs.create("missing", hyperparameters=failing | {"sagemaker_program": '"trains.py"'})
    away = {"sagemaker_submit_directory": f'"s3://{BUCKET}/code/none.tar.gz"'}
    jobs.create("away", hyperparameters=failing | away)
    reason = jobs.until(name="failing")["FailureReason"]
    assert reason.startswith(
        "AlgorithmError: Framework Error: \nUserError: ExecuteUserScriptError:"
    )
    assert 'ErrorMessage "the moon is not full"' in reason
    reason = jobs.until(name="missing")["FailureReason"]
    assert "sagemaker_program names trains.py" in reason
    assert "helper.py, train.py" in reason
    assert "none.tar.gz can't be used" in jobs.until(name="away")["FailureReason"]


def test_a_script_may_say_itself_why_it_failed(jobs: Jobs, runner: Runner) -> None:
    script = """
import os, sys
open(os.path.join(os.environ["SM_OUTPUT_DIR"], "failure"), "w").write("rows are missing")
sys.exit(3)
"""
    jobs.create(hyperparameters=code(jobs, script))
    assert jobs.until()["FailureReason"] == "AlgorithmError: rows are missing, exit code: 1"
