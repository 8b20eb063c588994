#!/usr/bin/env node
'use strict'

const path = require('node:path')

require('./node.cjs').runScript(
  path.join(__dirname, '..', 'src', 'cli', 'main.ts'),
  process.argv.slice(2),
  path.join(__dirname, '..'),
)
