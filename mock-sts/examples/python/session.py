"""A session for a code, with boto3. Run it against the mock:

    mock-sts -- python mock-sts/examples/python/session.py
"""

import boto3
from botocore.exceptions import ClientError

DEVICE = "arn:aws:iam::123456789012:mfa/user"

sts = boto3.client("sts")
credentials = sts.get_session_token(SerialNumber=DEVICE, TokenCode="123456")["Credentials"]
session = boto3.Session(
    aws_access_key_id=credentials["AccessKeyId"],
    aws_secret_access_key=credentials["SecretAccessKey"],
    aws_session_token=credentials["SessionToken"],
)
print(session.client("sts").get_caller_identity()["Arn"])

try:
    sts.get_session_token(SerialNumber=DEVICE, TokenCode="654321")
except ClientError as error:
    print(error.response["Error"]["Code"])
