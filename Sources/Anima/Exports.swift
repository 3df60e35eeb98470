// What an embedder needs comes with `import Anima`.
@_exported public import AnimaCore
@_exported public import AnimaModels
@_exported public import AnimaRuntime
@_exported public import AnimaStore
@_exported public import AnimaTools
