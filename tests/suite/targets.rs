//! What a NAME stands for: a source, its session, a role over it, or a profile of somebody else's (CLI-13, ROLE-1, GET-4).

use super::sandbox::{SOURCE, Sandbox, usage, used};

const ADMIN: &str = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n";

fn with_role(config: &str) -> Sandbox {
    Sandbox::new().config(config)
}

fn get(name: &str) -> [&str; 5] {
    ["get", "-n", name, "-t", "123456"]
}

#[test]
fn role_1_a_role_over_a_session_stands_for_its_source_before_and_after_the_first_renewal() {
    let sandbox = with_role(ADMIN);
    for _ in 0..2 {
        let run = sandbox.run(get("admin")).succeeds().prints(&used("admin"));
        assert!(run.stdout.contains("session profile  default_sts"), "{run:?}");
    }
    sandbox.run(["list", "--check", "admin"]).succeeds();
    let kept = sandbox.run(["get", "-n", "admin", "--min-validity", "15m", "--json"]).succeeds().json();
    assert_eq!((&kept["usage"], &kept["refreshed"]), (&usage("admin").into(), &false.into()));
    assert_eq!(kept["updated_profile_name"], "default_sts");
}

#[test]
fn role_1_c5_roles_of_the_credentials_file_and_chains_of_them_count() {
    let chain = "[profile last]\nrole_arn = r\nsource_profile = middle\n[profile middle]\nrole_arn = r\nsource_profile = admin\n";
    let sandbox = with_role(&format!("{chain}{ADMIN}"));
    sandbox.run(get("last")).succeeds().prints(&used("last"));
    let in_credentials = ADMIN.replace("[profile admin]", "[testaccount]");
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}{in_credentials}"));
    sandbox.run(get("testaccount")).succeeds().prints(&used("testaccount"));
}

#[test]
fn cli_13_c6_the_default_name_of_a_session_stands_for_its_source_before_there_is_one() {
    let sandbox = with_role("[profile default_sts]\nregion = eu-west-1\n");
    sandbox.run(get("default_sts")).succeeds().prints("session profile  default_sts");
    // With a key of its own it is a profile like any other.
    let own = "[default_sts]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n";
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}{own}"));
    sandbox.refused(get("default_sts"), "key_missing", 3);
    sandbox.refused(get("nobody_sts"), "profile_not_found", 3);
}

#[test]
fn role_1_a_role_over_the_long_term_key_is_told_the_line_to_change() {
    for (name, session) in [("default", "default_sts"), ("base", "work")] {
        let file = SOURCE.replace("default", name);
        let sandbox = Sandbox::new().credentials(&file);
        if name == "base" {
            sandbox.run(["get", "-n", "base", "-t", "123456", "-sn", "work"]).succeeds();
        }
        let role = ADMIN.replace("default_sts", name);
        let sandbox = sandbox.config(&role);
        let run = sandbox.run(get("admin")).fails("profile_not_ours", 3).says("config:3");
        run.says(&format!("`source_profile = {session}`"));
        // What the hint says works.
        let sandbox = sandbox.config(ADMIN.replace("default_sts", session));
        sandbox.run(["get", "-n", "admin", "-t", "123456"]).succeeds().prints("AWS_PROFILE=admin");
    }
}

#[test]
fn role_1_export_and_clear_of_a_role_name_the_source() {
    let sandbox = with_role(ADMIN);
    sandbox.get([]).succeeds();
    for command in ["export", "clear"] {
        let run = sandbox.run([command, "-n", "admin"]).fails("profile_not_ours", 3);
        run.says(&format!("`updsts {command} default`"));
        assert!(sandbox.read().contains("default_sts"));
        sandbox.run([command, "-n", "default"]).succeeds();
        sandbox.get([]).succeeds();
    }
}

#[test]
fn role_1_a_chain_that_leads_nowhere_or_in_a_circle_is_an_error_with_its_line() {
    let sandbox = with_role(&ADMIN.replace("default_sts", "gone"));
    sandbox.refused(get("admin"), "profile_not_found", 3).says("`gone`").says("config:3");
    let circle = "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n";
    with_role(circle).refused(get("a"), "config_unusable", 3).says("circle");
    let own = "[profile a]\nrole_arn = r\nsource_profile = a\n";
    with_role(own).refused(get("a"), "profile_not_found", 3);
}

#[test]
fn role_1_a_profile_with_a_key_of_its_own_is_a_source_role_or_not() {
    let sandbox = with_role(&ADMIN.replace("profile admin", "default"));
    sandbox.get([]).succeeds().prints("AWS_PROFILE=default_sts");
}

#[test]
fn get_4_c19_a_profile_that_gets_its_credentials_elsewhere_is_told_what_renews_it() {
    for (line, advice) in [
        ("sso_session = s", "aws sso login --profile live"),
        ("sso_start_url = https://example.com", "aws sso login --profile live"),
        ("login_session = x", "aws login --profile live"),
        ("web_identity_token_file = /t\nrole_arn = r", "by themselves"),
        ("role_arn = r\ncredential_source = Ec2InstanceMetadata", "by themselves"),
    ] {
        let run = with_role(&format!("[profile live]\n{line}\n")).refused(get("live"), "profile_not_ours", 3);
        run.says(advice).says("config:");
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}[live]\n{line}\n"));
        let run = sandbox.refused(get("live"), "profile_not_ours", 3).says("credentials:");
        assert!(!run.stderr.contains("key to"), "{run:?}");
    }
}

#[test]
fn get_4_c21_a_header_of_the_config_file_in_the_credentials_file_is_named() {
    let sandbox = Sandbox::new().credentials(SOURCE.replace("[default]", "[profile work]"));
    sandbox
        .refused(get("work"), "profile_not_found", 3)
        .says("credentials:1")
        .says("take `profile ` out of the header");
}

#[test]
fn get_4_c7_a_stale_token_beside_a_long_term_key_is_named_with_its_line() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}aws_session_token = old\n"));
    sandbox.refused(get("default"), "source_is_session", 3).says("delete line 5");
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}aws_session_token = old\n").replace("AKIA", "ASIA"));
    let run = sandbox.refused(get("default"), "source_is_session", 3);
    assert!(!run.stderr.contains("delete line"), "{run:?}");
}

#[test]
fn get_2_c20_a_device_that_a_role_of_this_source_names_is_shown() {
    let role = format!("{ADMIN}mfa_serial = arn:aws:iam::123456789012:mfa/user\n");
    for role in [role.clone(), role.replace("default_sts", "default")] {
        let sandbox = with_role(&role).credentials(SOURCE.replace("mfa_device_arn", "# "));
        let run = sandbox.refused(get("default"), "device_missing", 3);
        run.says("`mfa_device_arn = arn:aws:iam::123456789012:mfa/user`").says("`admin`");
    }
}

#[test]
fn get_2_c22_the_device_key_of_aws_mfa_is_named_as_one_to_rename() {
    let file = SOURCE.replace("[default]", "[default-long-term]").replace("mfa_device_arn", "aws_mfa_device");
    let session =
        "[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n";
    let sandbox = Sandbox::new().credentials(format!("{file}{session}"));
    let run = sandbox.refused(get("default-long-term"), "device_missing", 3);
    run.says("rename `aws_mfa_device` to `mfa_device_arn`").says("credentials:4");
    sandbox.refused(get("default"), "source_is_session", 3).says("updsts get default-long-term");
}

const SESSION: &str =
    "[default_sts]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n";

#[test]
fn blk_6_c4_a_session_whose_tags_another_program_removed_is_adopted_as_the_hints_say() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let untagged: String = sandbox.read().split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    let sandbox = sandbox.credentials(untagged);
    sandbox.run(get("default")).fails("name_taken", 3).says("credentials:5").says("`--adopt`");
    sandbox.run(get("default_sts")).fails("source_is_session", 3).says("`updsts get default --adopt`");
    sandbox.run(["get", "default", "--adopt", "-t", "123456"]).succeeds();
    sandbox.run(["list", "--check", "default"]).succeeds();
    // It is a block like any other from now on.
    sandbox.run(get("default")).succeeds();
    sandbox.run(["clear", "default"]).succeeds();
    assert_eq!(sandbox.read(), SOURCE);
}

#[test]
fn blk_6_c22_the_session_of_aws_mfa_is_adopted_under_its_own_name() {
    let source = SOURCE.replace("[default]", "[default-long-term]");
    let sandbox = Sandbox::new().credentials(format!("{source}{}", SESSION.replace("default_sts", "default")));
    let arguments = ["get", "default-long-term", "-sn", "default", "-t", "123456"];
    sandbox.refused(arguments, "name_taken", 3).says("`--adopt`");
    sandbox.run(arguments.into_iter().chain(["--adopt"])).succeeds().prints(&used("default"));
    // The names lead to the source from now on.
    sandbox.run(get("default")).succeeds();
}

#[test]
fn blk_11_c80_the_session_profile_gets_the_sources_region_once() {
    for (credentials, config) in
        [("", "[default]\nregion = eu-west-1\n"), ("region = eu-west-1\n", "[default]\nregion = eu-west-2\n")]
    {
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}{credentials}")).config(config);
        for more in [&[][..], &[], &["-sn", "work"], &["-sn", "work"]] {
            sandbox.get(more.iter().copied()).succeeds();
            let file = sandbox.read();
            let block = file.split("_sts]\n").last().unwrap().split("[work]\n").last().unwrap();
            assert!(block.ends_with("region = eu-west-1\n# $}}} [auto update by updsts]\n"), "{file}");
            assert_eq!(block.matches("region").count(), 1, "{file}");
        }
        let run = sandbox.run(["clear", "default"]).succeeds();
        assert!(!run.stderr.contains("own line"), "{run:?}");
    }
}

#[test]
fn blk_11_a_region_of_the_session_profile_stays_the_users() {
    let config = "[default]\nregion = eu-west-1\n";
    let elsewhere = Sandbox::new().config(format!("{config}[profile default_sts]\nregion = us-west-2\n"));
    elsewhere.get([]).succeeds();
    assert!(!elsewhere.read().contains("region"));
    let no_name = Sandbox::new().config("[default]\nregion = not a region\n");
    no_name.get(["--region", "eu-west-1"]).succeeds();
    assert!(!no_name.read().contains("region"));

    let sandbox = Sandbox::new().config(config);
    sandbox.get([]).succeeds();
    let file = sandbox.read().replace("region = eu-west-1", "region = ap-northeast-1");
    let sandbox = sandbox.credentials(file);
    sandbox.get([]).succeeds();
    assert!(sandbox.read().contains("region = ap-northeast-1"));
    sandbox.run(["clear", "default"]).succeeds().says("`region`");
}

#[test]
fn blk_8_c83_a_rename_names_the_roles_that_still_name_the_old_profile() {
    let sandbox = with_role(ADMIN);
    sandbox.get([]).succeeds();
    sandbox
        .get(["-sn", "work"])
        .succeeds()
        .prints("renamed from default_sts")
        .says("still names `default_sts` as the source of `admin`")
        .says("to `work`");
    let run = sandbox.config(ADMIN.replace("default_sts", "work")).get([]).succeeds();
    assert_eq!(run.stderr, "");
}

#[test]
fn blk_8_c89_the_sources_own_name_is_answered_with_the_way_to_have_it() {
    let sandbox = Sandbox::new();
    let run = sandbox.refused(["get", "default", "-sn", "default", "-t", "123456"], "name_taken", 3);
    run.says("`[base]`").says("`updsts get base -sn default`");
    let sandbox = sandbox.credentials(SOURCE.replace("[default]", "[base]"));
    sandbox.run(["get", "base", "-sn", "default", "-t", "123456"]).succeeds().prints("AWS_PROFILE=default");
}

#[test]
fn get_14_what_takes_precedence_or_asks_again_is_noted() {
    let sandbox = with_role(&format!("{ADMIN}mfa_serial = arn:aws:iam::123456789012:mfa/user\n"));
    sandbox.get([]).succeeds().says("role `admin` has an `mfa_serial` of its own");
    let sandbox = Sandbox::new().env("AWS_WEB_IDENTITY_TOKEN_FILE", "/t").env("AWS_ROLE_ARN", "r");
    sandbox.get([]).succeeds().says("`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`");
}

#[test]
fn cli_6_c82_the_list_shows_the_device_that_get_uses() {
    let device = "mfa_device_arn = arn:aws:iam::123456789012:mfa/user\n";
    let sandbox = Sandbox::new().credentials(SOURCE.replace(device, ""));
    let sandbox = sandbox.config("[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/user\n");
    sandbox.get([]).succeeds();
    let listed = sandbox.run(["list", "--json"]).succeeds().json();
    assert_eq!(listed[0]["mfa_device_arn"], "arn:aws:iam::123456789012:mfa/user");
    assert_eq!(listed[1]["mfa_device_arn"], serde_json::Value::Null);
    // A config file that cannot be read is a warning for what does not need it.
    std::fs::remove_file(sandbox.path(".aws/config")).unwrap();
    std::fs::create_dir(sandbox.path(".aws/config")).unwrap();
    sandbox.run(["list"]).succeeds().says("config file");
    sandbox.run(["export", "default"]).succeeds();
}
