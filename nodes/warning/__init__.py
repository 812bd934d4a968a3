"""One core's missile warnings: from its picture to messages on the wire and in feeds."""
