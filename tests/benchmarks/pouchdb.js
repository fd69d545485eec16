// What PouchDB takes to replicate the same records to an empty express-pouchdb over HTTP.
//   node pouchdb.js serve FOLDER      prints its port; LevelDB below FOLDER
//   node pouchdb.js send FILE URL     prints seconds, for a file of one JSON object with an `id` a line
const path = require('path')
const { createRequire } = require('module')
const from = createRequire(path.join(process.cwd(), 'package.json'))
const PouchDB = from('pouchdb')

async function serve (folder) {
  const app = from('express')()
  const Stored = PouchDB.defaults({ prefix: folder + path.sep })
  app.use('/', from('express-pouchdb')(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true }))
  const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
}

async function send (file, url) {
  const lines = require('fs').readFileSync(file, 'utf8').trim().split('\n')
  const local = new PouchDB(file + '.leveldb')
  for (let start = 0; start < lines.length; start += 1000) {
    const some = lines.slice(start, start + 1000).map(line => JSON.parse(line))
    await local.bulkDocs(some.map(one => ({ _id: 'r' + one.id, ...one })))
  }
  const begin = process.hrtime.bigint()
  const done = await local.replicate.to(new PouchDB(url), { batch_size: 1000 })
  if (done.docs_written !== lines.length) throw new Error(JSON.stringify(done))
  console.log(Number(process.hrtime.bigint() - begin) / 1e9)
  process.exit(0)
}

const [act, ...words] = process.argv.slice(2)
const acts = { serve, send }
acts[act](...words)
