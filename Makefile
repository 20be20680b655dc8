# What `sam build` calls, once a function. The first call builds all three, so that they share their dependencies; the
# others find theirs built. LTV_ARCHITECTURE must be the template's parameter Architecture.
LTV_ARCHITECTURE ?= arm64
BUILT = $(or $(CARGO_TARGET_DIR),target)/packages

.PHONY: build-PreprocessFunction build-TrainFunction build-PredictFunction

build-PreprocessFunction: PACKAGE = preprocess
build-TrainFunction: PACKAGE = train
build-PredictFunction: PACKAGE = predict

build-PreprocessFunction build-TrainFunction build-PredictFunction:
	cargo lambda build --locked --profile lambda --target $(if $(filter arm64,$(LTV_ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu --package preprocess --package train --package predict --lambda-dir $(BUILT)
	cp $(BUILT)/$(PACKAGE)/bootstrap $(ARTIFACTS_DIR)
