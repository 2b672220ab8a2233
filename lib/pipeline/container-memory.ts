/** What a container may remember between invocations; every entry says until when it may be believed. */
export class ContainerMemory {}
