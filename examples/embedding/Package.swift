// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "embedding",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "anima", path: "../..")],
    targets: [
        .executableTarget(
            name: "embedding",
            dependencies: [.product(name: "Anima", package: "anima")]
        ),
        .executableTarget(
            name: "supervision",
            dependencies: [.product(name: "Anima", package: "anima")]
        ),
    ]
)
