// A session for a code, with the AWS SDK for Go, version 2. Run it against the mock:
//
//	go mod init example && go mod tidy
//	mock-sts -- go run .
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const device = "arn:aws:iam::123456789012:mfa/user"

// newClient needs no endpoint where the SDK reads AWS_ENDPOINT_URL_STS itself, as it does since the end of 2023.
func newClient(cfg aws.Config) *sts.Client {
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.EndpointResolver = sts.EndpointResolverFromURL(os.Getenv("AWS_ENDPOINT_URL_STS"))
	})
}

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	client := newClient(cfg)
	code := func(digits string) *sts.GetSessionTokenInput {
		return &sts.GetSessionTokenInput{SerialNumber: aws.String(device), TokenCode: aws.String(digits)}
	}
	output, err := client.GetSessionToken(ctx, code("123456"))
	if err != nil {
		log.Fatal(err)
	}

	session := cfg.Copy()
	session.Credentials = credentials.NewStaticCredentialsProvider(
		*output.Credentials.AccessKeyId, *output.Credentials.SecretAccessKey, *output.Credentials.SessionToken)
	identity, err := newClient(session).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*identity.Arn)

	_, err = client.GetSessionToken(ctx, code("654321"))
	var refused smithy.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.ErrorCode())
	}
}
