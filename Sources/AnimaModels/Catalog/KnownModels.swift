import AnimaCore

/// The published figures of models that many people use; what isn't here has no known price.
enum KnownModels {
    static let all: [KnownModel] = []
}
