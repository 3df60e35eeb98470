// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "anima",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Anima", targets: ["Anima"]),
        .library(name: "AnimaCore", targets: ["AnimaCore"]),
        .library(name: "AnimaTesting", targets: ["AnimaTesting"]),
        .executable(name: "anima", targets: ["AnimaCLI"]),
        .executable(name: "anima-confine", targets: ["AnimaConfine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        // Level 0: values and rules. No clock, file, socket, task or log.
        .target(name: "AnimaCore", swiftSettings: settings),

        // Holds the programs that tools start; a program of its own, in C, for it runs between fork and exec.
        .executableTarget(name: "AnimaConfine", cSettings: [.treatAllWarnings(as: .error)]),

        // Level 1: one outside thing each. They don't import each other.
        .target(name: "AnimaRuntime", dependencies: ["AnimaCore"], swiftSettings: settings),
        .target(
            name: "AnimaStore",
            dependencies: [
                "AnimaCore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "AnimaModels",
            dependencies: [
                "AnimaCore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // The HTML parser, from the system.
        .systemLibrary(
            name: "CLibXML2",
            pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]
        ),
        .target(
            name: "AnimaTools",
            dependencies: [
                "AnimaCore", "CLibXML2",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),

        // Level 2
        .target(
            name: "AnimaTesting",
            dependencies: [
                "AnimaCore", "AnimaRuntime",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),

        // Level 3: the composition root.
        .target(
            name: "Anima",
            dependencies: [
                "AnimaCore", "AnimaRuntime", "AnimaStore", "AnimaModels", "AnimaTools",
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: settings
        ),

        // Level 4
        .executableTarget(
            name: "AnimaCLI",
            dependencies: [
                "Anima", "AnimaCore", "AnimaModels", "AnimaRuntime", "AnimaStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // How well memory recalls; a tool of this repository, no product.
        .executableTarget(
            name: "MemoryEvaluation",
            dependencies: ["AnimaCore", "AnimaModels", "AnimaRuntime", "AnimaStore", "AnimaTesting"],
            swiftSettings: settings
        ),

        .testTarget(name: "AnimaCoreTests", dependencies: ["AnimaCore", "AnimaTesting"], swiftSettings: settings),
        .testTarget(
            name: "AnimaRuntimeTests",
            dependencies: ["AnimaCore", "AnimaRuntime", "AnimaTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaTestingTests",
            dependencies: [
                "AnimaCore", "AnimaTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaStoreTests",
            dependencies: [
                "AnimaCore", "AnimaRuntime", "AnimaStore", "AnimaTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MemoryEvaluationTests",
            dependencies: ["AnimaCore", "MemoryEvaluation"],
            exclude: ["Fixtures"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaModelsTests",
            dependencies: ["AnimaCore", "AnimaModels", "AnimaTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaToolsTests",
            dependencies: ["AnimaCore", "AnimaTools", "AnimaTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaTests",
            dependencies: ["Anima", "AnimaCore", "AnimaModels", "AnimaRuntime", "AnimaTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnimaCLITests",
            dependencies: ["AnimaCLI", "Anima", "AnimaCore", "AnimaStore", "AnimaTesting"],
            swiftSettings: settings
        ),
    ]
)
