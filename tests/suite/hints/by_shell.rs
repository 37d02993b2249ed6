//! Each hint is followed to the letter, in the situation that prints it, and leads to where it says: what is typed in a shell of Unix.

use std::fs;

use super::Case;
use crate::sandbox::{Run, Sandbox, set_mode};

const FILES: [Case; 15] = [
    [
        "C4: tags that another program removed",
        "echo \"$orphan\" >>$file",
        "updsts get -t 123456",
        "name_taken",
        "`--adopt`",
        "again --adopt",
    ],
    [
        "C4: a name that is taken",
        "echo '[default_sts]' >>$file",
        "updsts get -t 123456",
        "name_taken",
        "`-sn NAME`",
        "again -sn other",
    ],
    [
        "C6: a role over the long-term key",
        "role default",
        "updsts get admin -t 123456",
        "profile_not_ours",
        "`source_profile = default_sts`",
        "sed -i 's/^source_profile = .*/source_profile = default_sts/' $config; again",
    ],
    [
        "C6: a role has no session of its own",
        "role default_sts; updsts get -t 123456",
        "updsts export admin",
        "profile_not_ours",
        "`updsts export default`",
        "updsts export default",
    ],
    [
        "C7: a stale token",
        "sed -i '3a aws_session_token = old' $file",
        "updsts get default -t 123456",
        "source_is_session",
        "delete line 4",
        "sed -i 4d $file; again",
    ],
    [
        "C20: the device of a role of this source",
        "sed -i /mfa/d $file; role default; echo 'mfa_serial = arn:aws:iam::123456789012:mfa/user' >>$config",
        "updsts get default -t 123456",
        "device_missing",
        "`mfa_device_arn = arn:aws:iam::123456789012:mfa/user`, the device of the role `admin`, under `[default]`",
        "sed -i '1a mfa_device_arn = arn:aws:iam::123456789012:mfa/user' $file; again",
    ],
    [
        "C21: a header of the config file",
        "sed -i 's/default/profile x/' $file",
        "updsts get x -t 123456",
        "profile_not_found",
        "take `profile ` out of the header",
        "sed -i 's/profile //' $file; again",
    ],
    [
        "C22: aws-mfa's name of the device",
        "sed -i 's/default/default-long-term/; s/mfa_device_arn/aws_mfa_device/' $file",
        "updsts get default-long-term -t 123456",
        "device_missing",
        "rename `aws_mfa_device` to `mfa_device_arn`",
        "sed -i 's/aws_mfa_device/mfa_device_arn/' $file; again",
    ],
    [
        "C22: aws-mfa's session is named",
        "sed -i 's/default/default-long-term/' $file; echo \"$orphan\" | sed 's/_sts//' >>$file",
        "updsts get default -t 123456",
        "source_is_session",
        "`default-long-term` holds the key: `updsts get default-long-term`",
        "updsts get default-long-term -t 123456",
    ],
    [
        "C22: aws-mfa's session under its own name",
        "sed -i 's/default/default-long-term/' $file; echo \"$orphan\" | sed 's/_sts//' >>$file",
        "updsts get default-long-term -sn default -t 123456",
        "name_taken",
        "`--adopt`",
        "again --adopt; updsts get -t 123456",
    ],
    [
        "C4: a session without its tags is named",
        "echo \"$orphan\" >>$file",
        "updsts get default_sts -t 123456",
        "source_is_session",
        "`updsts get default --adopt`",
        "updsts get default --adopt -t 123456",
    ],
    [
        "C89: the session under the source's own name",
        "",
        "updsts get default -sn default -t 123456",
        "name_taken",
        "give the long-term section another name, such as `[base]`, then `updsts get base -sn default`",
        "sed -i 's/default/base/' $file; updsts get base -sn default -t 123456; updsts get -t 123456",
    ],
    [
        "a key in quotes",
        "sed -i 's/AKIA.*/\"&\"/' $file",
        "updsts get -n default -t 123456",
        "key_missing",
        "remove the quotes",
        "sed -i 's/\"//g' $file; again",
    ],
    [
        "the ARN of a user",
        "sed -i 's/:mfa/:user/' $file",
        "updsts get -t 123456",
        "device_invalid",
        "`:mfa/`",
        "sed -i 's/:user/:mfa/' $file; again",
    ],
    [
        "a begin tag without its end tag",
        "echo '# ${{{ key=default [auto update by updsts]' >>$file; echo \"$orphan\" >>$file",
        "updsts get -t 123456",
        "block_damaged",
        "add the line `# $}}} [auto update by updsts]` where the block ends",
        "echo '# $}}} [auto update by updsts]' >>$file; again",
    ],
];

const NAMES_AND_SESSIONS: [Case; 4] = [
    [
        "a name with a space",
        "sed -i 's/default/my prof/' $file",
        "updsts export 'my prof'",
        "session_missing",
        "`updsts get -n 'my prof'`",
        "updsts get -n 'my prof' -sn mine -t 123456; again",
    ],
    [
        "another file",
        "mv $file 'my file'; echo >$file",
        "updsts export default -c 'my file'",
        "session_missing",
        "`updsts -c 'my file' get -n default`",
        "updsts -c 'my file' get -n default -t 123456; again",
    ],
    [
        "C13: the session profile a second time",
        "updsts get -t 123456; echo '[default_sts]' >>$file",
        "updsts export default",
        "session_missing",
        "remove or rename the section on that line",
        "sed -i '$d' $file; again",
    ],
    [
        "several keys and no name",
        "sed 's/default/other/' $file >>$file.2; cat $file.2 >>$file; sed -i 's/default/one/' $file",
        "updsts get -t 123456",
        "profile_not_found",
        "`updsts get NAME`",
        "updsts get other -t 123456",
    ],
];

const COMMANDS_AND_SETTINGS: [Case; 8] = [
    [
        "C31: a command that is not on the PATH",
        "echo 'mfa_process = my-code' >>$file",
        "updsts get",
        "code_unavailable",
        "write its absolute path",
        "sed -i \"s,= my-code,= $HOME/my-code,\" $file; again",
    ],
    [
        "C31: the same, with another PATH",
        "echo 'mfa_process = my-code' >>$file",
        "updsts get",
        "code_unavailable",
        "start updsts with a PATH that contains it",
        "PATH=$HOME:$PATH; again",
    ],
    [
        "C32: a command that was cut",
        "echo \"mfa_process = sh -c 'true # x; echo 123456'\" >>$file",
        "updsts get",
        "code_unavailable",
        "put the command into a script, and the path of the script into `mfa_process`",
        "sed -i \"s,= sh.*,= $HOME/my-code,\" $file; again",
    ],
    [
        "a command that fails",
        "echo 'mfa_process = false' >>$file",
        "updsts get",
        "code_unavailable",
        "`updsts get -n default -t CODE`",
        "updsts get -n default -t 123456",
    ],
    [
        "C8: a path that ends with a carriage return",
        "export AWS_SHARED_CREDENTIALS_FILE=$(printf '%s\\r' $file)",
        "updsts list",
        "file_missing",
        "without that character",
        "AWS_SHARED_CREDENTIALS_FILE=$file; again",
    ],
    [
        "C14: a SOCKS proxy",
        "export HTTPS_PROXY=socks://127.0.0.1:7897",
        "updsts get --dry-run --endpoint-url https://sts.example.com",
        "config_unusable",
        "name the endpoint's host in `NO_PROXY`",
        "NO_PROXY=sts.example.com again",
    ],
    [
        "an endpoint that is not a URL",
        "",
        "updsts get -t 123456 --endpoint-url nonsense",
        "config_unusable",
        "`http://127.0.0.1:4566`",
        "updsts get -t 123456 --endpoint-url $AWS_ENDPOINT_URL_STS",
    ],
    [
        "a region that is not one",
        "",
        "updsts get -t 123456 --region 'eu west'",
        "usage",
        "such as `us-east-1`",
        "updsts get -t 123456 --region us-east-1",
    ],
];

const PLACES: [Case; 14] = [
    [
        "a duration in the file outside the limits",
        "echo 'duration_seconds = 5' >>$file",
        "updsts get -t 123456",
        "config_unusable",
        "such as `duration_seconds = 43200`",
        "sed -i 's/= 5$/= 43200/' $file; again",
    ],
    [
        "roles in a circle",
        "printf '[profile %s]\\nrole_arn = r\\nsource_profile = %s\\n' admin b b admin >$config",
        "updsts get admin -t 123456",
        "config_unusable",
        "let the last `source_profile` name a session profile",
        "role default_sts; again",
    ],
    [
        "a role that leads nowhere",
        "role nobody",
        "updsts get admin -t 123456",
        "profile_not_found",
        "correct its `source_profile`",
        "role default_sts; again",
    ],
    [
        "a file without write permission",
        "chmod 400 $file",
        "updsts get -t 123456",
        "not_writable",
        "`chmod u+w ~/.aws/credentials`",
        "chmod u+w ~/.aws/credentials; again",
    ],
    [
        "C2: a file in UTF-16",
        "iconv -t UTF-16 $file >$file.2; mv $file.2 $file",
        "updsts get -t 123456",
        "file_unusable",
        "save the file as UTF-8",
        "iconv -f UTF-16 -t UTF-8 $file >$file.2; mv $file.2 $file; again",
    ],
    [
        "a services section that is not there",
        "printf '[default]\\nservices = s\\n' >$config",
        "unset AWS_ENDPOINT_URL_STS; updsts get --dry-run",
        "config_unusable",
        "add the section `[services s]`, or remove `services`",
        "sed -i /services/d $config; again",
    ],
    [
        "FIPS with an endpoint of one's own",
        "export AWS_USE_FIPS_ENDPOINT=true",
        "updsts get --dry-run",
        "config_unusable",
        "unset `AWS_USE_FIPS_ENDPOINT`",
        "unset AWS_USE_FIPS_ENDPOINT; again",
    ],
    [
        "a region of another partition",
        "",
        "unset AWS_ENDPOINT_URL_STS; updsts get --dry-run --region cn-north-1",
        "config_unusable",
        "give a region in `aws`",
        "unset AWS_ENDPOINT_URL_STS; updsts get --dry-run --region us-east-1",
    ],
    [
        "certificates that are not there",
        "export AWS_CA_BUNDLE=/nowhere",
        "updsts get --dry-run --endpoint-url https://localhost",
        "config_unusable",
        "or unset it",
        "unset AWS_CA_BUNDLE; again",
    ],
    [
        "a directory in the place of the file",
        "",
        "updsts list -c .aws",
        "file_unusable",
        "`-c .aws/credentials`",
        "updsts list -c .aws/credentials",
    ],
    [
        "a link to a file that is not there",
        "mv $file kept; ln -s gone $file",
        "updsts list",
        "file_missing",
        "create the target of the link",
        "mv kept .aws/gone; again",
    ],
    [
        "too few descriptors",
        "",
        "sh -c 'ulimit -n 6; exec updsts get -t 123456'",
        "internal",
        "`ulimit -n 256`",
        "sh -c 'ulimit -n 256; exec updsts get -t 123456'",
    ],
    [
        "a name that exists only in the config file",
        "printf '[profile x]\\nregion = eu-west-1\\n' >$config",
        "updsts get x -t 123456",
        "profile_not_found",
        "add a section `[x]` with the key to `~/.aws/credentials`",
        "sed 's/default/x/' $file >>$file.2; cat $file.2 >>$file; again",
    ],
    [
        "C2: lines without a header",
        "sed -i 1d $file",
        "updsts get -t 123456",
        "profile_not_found",
        "write one, such as `[default]`",
        "sed -i '1i [default]' $file; again",
    ],
];

const PRELUDE: &str = r#"
file=$HOME/.aws/credentials config=$HOME/.aws/config
orphan='[default_sts]
aws_access_key_id = ASIAOLD
aws_secret_access_key = s
aws_session_token = t'
role() { printf '[profile admin]\nrole_arn = r\nsource_profile = %s\n' "$1" >$config; }
"#;

fn check(sandbox: Sandbox, [name, before, command, code, hint, follow]: Case) {
    let sandbox = sandbox.in_the_path(&[]);
    fs::write(sandbox.path("my-code"), "#!/bin/sh\necho 123456\n").unwrap();
    set_mode(&sandbox.path("my-code"), 0o755);
    let shell = |text: &str| Run::of(sandbox.other("sh", &["-c", &format!("{PRELUDE}{text}")]).output().unwrap());
    let run = shell(&format!("exec 3>&1 >/dev/null; {before}\nexec >&3\n{command}"));
    let printed = run.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
    assert!(run.stderr.contains(&format!("error[{code}]: ")), "{name}: {run:?}");
    assert!(printed.is_some_and(|printed| printed.contains(hint)), "{name}: {run:?}");
    let variables = if before.starts_with("export") { before } else { "" };
    let run = shell(&format!("{variables}\nagain() {{ {command} \"$@\"; }}\nset -e; {follow}"));
    assert_eq!(run.status, Some(0), "{name}: {follow}: {run:?}");
}

#[test]
fn cli_15_each_hint_for_what_was_changed_before_leads_to_where_it_says() {
    for case in FILES.into_iter().chain(NAMES_AND_SESSIONS).chain(COMMANDS_AND_SETTINGS).chain(PLACES) {
        check(Sandbox::new(), case);
    }
}
