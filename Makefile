# What `sam build` calls, once a function: one package a command, because a command for several would unify their
# features. LTV_ARCHITECTURE must be the template's parameter Architecture.
LTV_ARCHITECTURE ?= arm64

.PHONY: build-PreprocessFunction build-TrainFunction build-PredictFunction

build-PreprocessFunction: PACKAGE = preprocess
build-TrainFunction: PACKAGE = train
build-PredictFunction: PACKAGE = predict

build-PreprocessFunction build-TrainFunction build-PredictFunction:
	cargo lambda build --locked --profile lambda --target $(if $(filter arm64,$(LTV_ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu --package $(PACKAGE) --lambda-dir $(ARTIFACTS_DIR) --flatten $(PACKAGE)
